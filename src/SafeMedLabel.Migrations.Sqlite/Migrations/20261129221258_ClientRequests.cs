using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ClientRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ClientRequests",
                columns: table => new
                {
                    Key = table.Column<Guid>(type: "TEXT", nullable: false),
                    Fingerprint = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Outcome = table.Column<int>(type: "INTEGER", nullable: false),
                    AtUtc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClientRequests", x => x.Key);
                });

            // What was started before is not started again. That it was the same request cannot be told: the key counts for none.
            migrationBuilder.Sql("""
                INSERT OR IGNORE INTO "ClientRequests" ("Key", "Fingerprint", "Outcome", "AtUtc")
                SELECT "ClientKey", x'', "Id", "RequestedUtc" FROM "Imports" WHERE "ClientKey" IS NOT NULL
                UNION ALL SELECT "ClientKey", x'', "Id", "RequestedUtc" FROM "Exports" WHERE "ClientKey" IS NOT NULL;
                """);

            migrationBuilder.DropIndex(
                name: "IX_Imports_ProjectId_ClientKey",
                table: "Imports");

            migrationBuilder.DropIndex(
                name: "IX_Exports_ProjectId_ClientKey",
                table: "Exports");

            // SQLite's own statement: a column that is dropped otherwise has its table made anew, out of the migration's transaction.
            migrationBuilder.Sql("""ALTER TABLE "Imports" DROP COLUMN "ClientKey";""");
            migrationBuilder.Sql("""ALTER TABLE "Exports" DROP COLUMN "ClientKey";""");

            migrationBuilder.CreateIndex(
                name: "IX_Imports_ProjectId",
                table: "Imports",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_Exports_ProjectId",
                table: "Exports",
                column: "ProjectId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ClientRequests");

            migrationBuilder.DropIndex(
                name: "IX_Imports_ProjectId",
                table: "Imports");

            migrationBuilder.DropIndex(
                name: "IX_Exports_ProjectId",
                table: "Exports");

            migrationBuilder.AddColumn<Guid>(
                name: "ClientKey",
                table: "Imports",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "ClientKey",
                table: "Exports",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Imports_ProjectId_ClientKey",
                table: "Imports",
                columns: new[] { "ProjectId", "ClientKey" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Exports_ProjectId_ClientKey",
                table: "Exports",
                columns: new[] { "ProjectId", "ClientKey" },
                unique: true);
        }
    }
}
