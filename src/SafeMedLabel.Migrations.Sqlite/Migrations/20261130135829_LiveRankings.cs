using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class LiveRankings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "RerankAfterLabels",
                table: "Projects",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "LiveRankings",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    AtUtc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    LabelSnapshot = table.Column<long>(type: "INTEGER", nullable: false),
                    Labels = table.Column<int>(type: "INTEGER", nullable: false),
                    Images = table.Column<int>(type: "INTEGER", nullable: false),
                    BackboneRound = table.Column<int>(type: "INTEGER", nullable: true),
                    ValidationCount = table.Column<int>(type: "INTEGER", nullable: false),
                    Accuracy = table.Column<double>(type: "REAL", nullable: true),
                    Auc = table.Column<double>(type: "REAL", nullable: true),
                    Seconds = table.Column<double>(type: "REAL", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LiveRankings", x => x.Id);
                    table.ForeignKey(
                        name: "FK_LiveRankings_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LiveStates",
                columns: table => new
                {
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    RankingId = table.Column<int>(type: "INTEGER", nullable: true),
                    ImagesWanted = table.Column<int>(type: "INTEGER", nullable: false),
                    ImagesRead = table.Column<int>(type: "INTEGER", nullable: false),
                    Problem = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LiveStates", x => x.ProjectId);
                    table.ForeignKey(
                        name: "FK_LiveStates_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "LiveRanks",
                columns: table => new
                {
                    RankingId = table.Column<int>(type: "INTEGER", nullable: false),
                    Rank = table.Column<int>(type: "INTEGER", nullable: false),
                    ImageId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LiveRanks", x => new { x.RankingId, x.Rank });
                    table.ForeignKey(
                        name: "FK_LiveRanks_Images_ImageId",
                        column: x => x.ImageId,
                        principalTable: "Images",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_LiveRanks_LiveRankings_RankingId",
                        column: x => x.RankingId,
                        principalTable: "LiveRankings",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_LiveRankings_ProjectId_Id",
                table: "LiveRankings",
                columns: new[] { "ProjectId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_LiveRanks_ImageId",
                table: "LiveRanks",
                column: "ImageId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "LiveRanks");

            migrationBuilder.DropTable(
                name: "LiveStates");

            migrationBuilder.DropTable(
                name: "LiveRankings");

            migrationBuilder.DropColumn(
                name: "RerankAfterLabels",
                table: "Projects");
        }
    }
}
