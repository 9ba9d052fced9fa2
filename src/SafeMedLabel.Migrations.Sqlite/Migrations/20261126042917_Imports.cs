using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Imports : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "CancelRequested",
                table: "Imports",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "Conflicts",
                table: "Imports",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<bool>(
                name: "IsDryRun",
                table: "Imports",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "Plan",
                table: "Imports",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "IsConflict",
                table: "ImportIssues",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "Site",
                table: "Images",
                type: "TEXT",
                maxLength: 100,
                nullable: true);

            // Until now an import had one site.
            migrationBuilder.Sql("""UPDATE "Images" SET "Site" = (SELECT "Site" FROM "Imports" WHERE "Imports"."Id" = "Images"."ImportId")""");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CancelRequested",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "Conflicts",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "IsDryRun",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "Plan",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "IsConflict",
                table: "ImportIssues");

            migrationBuilder.DropColumn(
                name: "Site",
                table: "Images");
        }
    }
}
