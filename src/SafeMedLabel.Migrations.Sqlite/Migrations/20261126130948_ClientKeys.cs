using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class ClientKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
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

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Imports_ProjectId_ClientKey",
                table: "Imports");

            migrationBuilder.DropIndex(
                name: "IX_Exports_ProjectId_ClientKey",
                table: "Exports");

            migrationBuilder.DropColumn(
                name: "ClientKey",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "ClientKey",
                table: "Exports");

            migrationBuilder.CreateIndex(
                name: "IX_Imports_ProjectId",
                table: "Imports",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_Exports_ProjectId",
                table: "Exports",
                column: "ProjectId");
        }
    }
}
