using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class GoldAndLikeness : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Consensus",
                table: "Rounds",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Majority");

            migrationBuilder.AddColumn<string>(
                name: "Consensus",
                table: "Projects",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Majority");

            migrationBuilder.AddColumn<double>(
                name: "GoldFraction",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.05);

            migrationBuilder.AddColumn<int>(
                name: "GoldImages",
                table: "Projects",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<byte[]>(
                name: "Likeness",
                table: "ModelOpinions",
                type: "BLOB",
                nullable: false,
                defaultValue: new byte[0]);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Consensus",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "Consensus",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "GoldFraction",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "GoldImages",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Likeness",
                table: "ModelOpinions");
        }
    }
}
