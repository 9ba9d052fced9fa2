using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class SplitShares : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // By which the projects that there are were split.
            migrationBuilder.AddColumn<double>(
                name: "CalibrationShare",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.1);

            migrationBuilder.AddColumn<double>(
                name: "TestShare",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.2);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CalibrationShare",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "TestShare",
                table: "Projects");
        }
    }
}
