using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class LabelAudit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "ReadingsAsked",
                table: "Images",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "LabelAudits",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    RequestedById = table.Column<string>(type: "TEXT", nullable: false),
                    RequestedUtc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    StartedUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    FinishedUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    CancelRequested = table.Column<bool>(type: "INTEGER", nullable: false),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    Progress = table.Column<double>(type: "REAL", nullable: false),
                    LabelSnapshot = table.Column<long>(type: "INTEGER", nullable: false),
                    Consensus = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    LabelCount = table.Column<int>(type: "INTEGER", nullable: false),
                    ImageSize = table.Column<int>(type: "INTEGER", nullable: false),
                    Folds = table.Column<int>(type: "INTEGER", nullable: false),
                    Epochs = table.Column<int>(type: "INTEGER", nullable: false),
                    Seed = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LabelAudits", x => x.Id);
                    table.ForeignKey(
                        name: "FK_LabelAudits_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LabelAuditFindings",
                columns: table => new
                {
                    AuditId = table.Column<int>(type: "INTEGER", nullable: false),
                    ImageId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Rank = table.Column<int>(type: "INTEGER", nullable: false),
                    GivenClass = table.Column<int>(type: "INTEGER", nullable: false),
                    SuggestedClass = table.Column<int>(type: "INTEGER", nullable: false),
                    GivenProbability = table.Column<double>(type: "REAL", nullable: false),
                    SuggestedProbability = table.Column<double>(type: "REAL", nullable: false),
                    SentUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    SentById = table.Column<string>(type: "TEXT", nullable: true),
                    SentAfterEventId = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LabelAuditFindings", x => new { x.AuditId, x.ImageId });
                    table.ForeignKey(
                        name: "FK_LabelAuditFindings_Images_ImageId",
                        column: x => x.ImageId,
                        principalTable: "Images",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_LabelAuditFindings_LabelAudits_AuditId",
                        column: x => x.AuditId,
                        principalTable: "LabelAudits",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Images_Asked",
                table: "Images",
                columns: new[] { "ProjectId", "QueueRank", "ContentHash" },
                filter: "\"Split\" = 'Training' AND \"ReadingsAsked\" > \"ReadingsTaken\"");

            migrationBuilder.CreateIndex(
                name: "IX_LabelAuditFindings_AuditId_Rank",
                table: "LabelAuditFindings",
                columns: new[] { "AuditId", "Rank" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_LabelAuditFindings_ImageId",
                table: "LabelAuditFindings",
                column: "ImageId");

            migrationBuilder.CreateIndex(
                name: "IX_LabelAudits_ProjectId",
                table: "LabelAudits",
                column: "ProjectId");

            migrationBuilder.CreateIndex(
                name: "IX_LabelAudits_State",
                table: "LabelAudits",
                column: "State");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "LabelAuditFindings");

            migrationBuilder.DropTable(
                name: "LabelAudits");

            migrationBuilder.DropIndex(
                name: "IX_Images_Asked",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "ReadingsAsked",
                table: "Images");
        }
    }
}
