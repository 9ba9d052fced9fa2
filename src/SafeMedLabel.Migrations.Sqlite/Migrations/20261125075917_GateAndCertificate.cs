using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class GateAndCertificate : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Certificate",
                table: "Rounds",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "CertifiedDoubt",
                table: "Rounds",
                type: "REAL",
                nullable: false,
                defaultValue: 0.05);

            migrationBuilder.AddColumn<double>(
                name: "CertifiedRate",
                table: "Rounds",
                type: "REAL",
                nullable: false,
                defaultValue: 0.01);

            migrationBuilder.AddColumn<string>(
                name: "Gate",
                table: "Rounds",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "GateAgainstRoundId",
                table: "Rounds",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ActiveRoundId",
                table: "Projects",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "CertifiedDoubt",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.05);

            migrationBuilder.AddColumn<double>(
                name: "CertifiedRate",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.01);

            migrationBuilder.AddColumn<double>(
                name: "GateMargin",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.005);

            migrationBuilder.AddColumn<double>(
                name: "LargestSilentFailureRate",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.02);

            migrationBuilder.AddColumn<double>(
                name: "SmallestCoverage",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.5);

            migrationBuilder.AddColumn<double>(
                name: "SmallestSensitivity",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.9);

            migrationBuilder.CreateTable(
                name: "Promotions",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    RoundId = table.Column<int>(type: "INTEGER", nullable: true),
                    PreviousRoundId = table.Column<int>(type: "INTEGER", nullable: true),
                    Kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    ById = table.Column<string>(type: "TEXT", nullable: true),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    AtUtc = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Promotions", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Promotions_AspNetUsers_ById",
                        column: x => x.ById,
                        principalTable: "AspNetUsers",
                        principalColumn: "Id");
                    table.ForeignKey(
                        name: "FK_Promotions_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_Promotions_Rounds_RoundId",
                        column: x => x.RoundId,
                        principalTable: "Rounds",
                        principalColumn: "Id");
                });

            migrationBuilder.CreateIndex(
                name: "IX_Promotions_ById",
                table: "Promotions",
                column: "ById");

            migrationBuilder.CreateIndex(
                name: "IX_Promotions_ProjectId",
                table: "Promotions",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_Promotions_RoundId",
                table: "Promotions",
                column: "RoundId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Promotions");

            migrationBuilder.DropColumn(
                name: "Certificate",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "CertifiedDoubt",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "CertifiedRate",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "Gate",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "GateAgainstRoundId",
                table: "Rounds");

            migrationBuilder.DropColumn(
                name: "ActiveRoundId",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "CertifiedDoubt",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "CertifiedRate",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "GateMargin",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "LargestSilentFailureRate",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "SmallestCoverage",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "SmallestSensitivity",
                table: "Projects");
        }
    }
}
