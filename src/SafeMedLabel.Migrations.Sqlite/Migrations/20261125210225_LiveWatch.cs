using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class LiveWatch : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "AlarmWebhook",
                table: "Projects",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Site",
                table: "Imports",
                type: "TEXT",
                maxLength: 100,
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Colour_Blue",
                table: "Images",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Colour_Contrast",
                table: "Images",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Colour_Green",
                table: "Images",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Colour_Red",
                table: "Images",
                type: "REAL",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Alarms",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    Cause = table.Column<string>(type: "TEXT", nullable: false),
                    Text = table.Column<string>(type: "TEXT", nullable: false),
                    RaisedUtc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    SeenUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    SeenById = table.Column<string>(type: "TEXT", nullable: true),
                    SendUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    FailedSends = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Alarms", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Alarms_AspNetUsers_SeenById",
                        column: x => x.SeenById,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id");
                    table.ForeignKey(
                        name: "FK_Alarms_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Alarms_ProjectId_Cause",
                table: "Alarms",
                columns: new[] { "ProjectId", "Cause" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Alarms_SeenById",
                table: "Alarms",
                column: "SeenById");

            migrationBuilder.CreateIndex(
                name: "IX_Alarms_SendUtc",
                table: "Alarms",
                column: "SendUtc");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Alarms");

            migrationBuilder.DropColumn(
                name: "AlarmWebhook",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Site",
                table: "Imports");

            migrationBuilder.DropColumn(
                name: "Colour_Blue",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "Colour_Contrast",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "Colour_Green",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "Colour_Red",
                table: "Images");
        }
    }
}
