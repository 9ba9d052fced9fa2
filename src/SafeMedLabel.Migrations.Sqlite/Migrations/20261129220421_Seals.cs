using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Seals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "ModelHash",
                table: "Rounds",
                type: "TEXT",
                nullable: true);

            // What is there already was sealed by the first rule.
            migrationBuilder.AddColumn<int>(
                name: "SealVersion",
                table: "AuditEntries",
                type: "INTEGER",
                nullable: false,
                defaultValue: 1);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "ModelHash",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "SealVersion",
                table: "AuditEntries");
        }
    }
}
