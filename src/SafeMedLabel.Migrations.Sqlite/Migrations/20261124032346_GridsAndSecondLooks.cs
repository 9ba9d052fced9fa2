using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class GridsAndSecondLooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "GridAllowed",
                table: "Projects",
                type: "INTEGER",
                nullable: false,
                defaultValue: true);

            migrationBuilder.AddColumn<bool>(
                name: "RevealAllowed",
                table: "Projects",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "Aid",
                table: "LabelEvents",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Unaided");

            migrationBuilder.AddColumn<int>(
                name: "UnaidedClassIndex",
                table: "Answers",
                type: "INTEGER",
                nullable: true);
            // So far nobody has seen anything of a model's opinion.
            migrationBuilder.Sql("""UPDATE "Answers" SET "UnaidedClassIndex" = "ClassIndex";""");

            migrationBuilder.CreateTable(
                name: "ModelOpinions",
                columns: table => new
                {
                    ImageId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ProjectId = table.Column<int>(type: "INTEGER", nullable: false),
                    RoundId = table.Column<int>(type: "INTEGER", nullable: false),
                    ClassIndex = table.Column<int>(type: "INTEGER", nullable: false),
                    Probability = table.Column<double>(type: "REAL", nullable: false),
                    Passes = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ModelOpinions", x => x.ImageId);
                    table.ForeignKey(
                        name: "FK_ModelOpinions_Images_ImageId",
                        column: x => x.ImageId,
                        principalTable: "Images",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_ModelOpinions_ProjectId_ClassIndex_Probability",
                table: "ModelOpinions",
                columns: new[] { "ProjectId", "ClassIndex", "Probability" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ModelOpinions");

            migrationBuilder.DropColumn(
                name: "GridAllowed",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "RevealAllowed",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "Aid",
                table: "LabelEvents");

            migrationBuilder.DropColumn(
                name: "UnaidedClassIndex",
                table: "Answers");
        }
    }
}
