using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Beginning : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // What there is began, or would begin, with random weights, and goes on so.
            migrationBuilder.AddColumn<string>(
                name: "Beginning",
                table: "Rounds",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Random");

            migrationBuilder.AddColumn<int>(
                name: "BeginningRound",
                table: "Rounds",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Beginning",
                table: "Projects",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Random");

            migrationBuilder.AddColumn<string>(
                name: "Beginning",
                table: "LabelAudits",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Random");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Beginning",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "BeginningRound",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "Beginning",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Beginning",
                table: "LabelAudits");
        }
    }
}
