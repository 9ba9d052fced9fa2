using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Readings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_Leases",
                table: "Leases");

            migrationBuilder.DropIndex(
                name: "IX_Images_ProjectId_Split_QueueRank_ContentHash",
                table: "Images");

            migrationBuilder.DropIndex(
                name: "IX_Answers_ProjectId_Kind",
                table: "Answers");

            migrationBuilder.AddColumn<double>(
                name: "AuditFraction",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.1);

            migrationBuilder.AddColumn<int>(
                name: "ReadingsPerImage",
                table: "Projects",
                type: "INTEGER",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddColumn<double>(
                name: "SecondReadingFraction",
                table: "Projects",
                type: "REAL",
                nullable: false,
                defaultValue: 0.0);

            migrationBuilder.AddColumn<bool>(
                name: "HasLapsed",
                table: "Leases",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "Reason",
                table: "Leases",
                type: "TEXT",
                maxLength: 40,
                nullable: false,
                defaultValue: "Ranked");

            migrationBuilder.AddColumn<string>(
                name: "Reason",
                table: "LabelEvents",
                type: "TEXT",
                maxLength: 40,
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ReadingsGiven",
                table: "Images",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ReadingsTaken",
                table: "Images",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ReadingsWanted",
                table: "Images",
                type: "INTEGER",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddPrimaryKey(
                name: "PK_Leases",
                table: "Leases",
                columns: new[] { "ImageId", "ReaderId" });

            migrationBuilder.CreateIndex(
                name: "IX_Leases_ProjectId_HasLapsed_ExpiresUtc",
                table: "Leases",
                columns: new[] { "ProjectId", "HasLapsed", "ExpiresUtc" });

            migrationBuilder.CreateIndex(
                name: "IX_Images_Audit",
                table: "Images",
                columns: new[] { "ProjectId", "ContentHash" },
                filter: "\"Split\" = 'Training' AND \"ReadingsTaken\" < \"ReadingsWanted\"");

            migrationBuilder.CreateIndex(
                name: "IX_Images_ProjectId_Split",
                table: "Images",
                columns: new[] { "ProjectId", "Split" });

            migrationBuilder.CreateIndex(
                name: "IX_Images_Queue",
                table: "Images",
                columns: new[] { "ProjectId", "ReadingsTaken", "QueueRank", "ContentHash" },
                filter: "\"Split\" = 'Training' AND \"ReadingsTaken\" < \"ReadingsWanted\"");

            migrationBuilder.CreateIndex(
                name: "IX_Answers_ProjectId_Kind_ImageId",
                table: "Answers",
                columns: new[] { "ProjectId", "Kind", "ImageId" });

            migrationBuilder.CreateIndex(
                name: "IX_Answers_ProjectId_ReaderId_EventId",
                table: "Answers",
                columns: new[] { "ProjectId", "ReaderId", "EventId" });

            // What has been read stays read, and what is held stays held.
            migrationBuilder.Sql(
                """
                UPDATE "Images" SET "ReadingsGiven" = (SELECT COUNT(*) FROM "Answers" AS a WHERE a."ImageId" = "Images"."Id" AND a."Kind" <> 'Skip');
                UPDATE "Images" SET "ReadingsTaken" = "ReadingsGiven" + (SELECT COUNT(*) FROM "Leases" AS l WHERE l."ImageId" = "Images"."Id");
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_Leases",
                table: "Leases");

            migrationBuilder.DropIndex(
                name: "IX_Leases_ProjectId_HasLapsed_ExpiresUtc",
                table: "Leases");

            migrationBuilder.DropIndex(
                name: "IX_Images_Audit",
                table: "Images");

            migrationBuilder.DropIndex(
                name: "IX_Images_ProjectId_Split",
                table: "Images");

            migrationBuilder.DropIndex(
                name: "IX_Images_Queue",
                table: "Images");

            migrationBuilder.DropIndex(
                name: "IX_Answers_ProjectId_Kind_ImageId",
                table: "Answers");

            migrationBuilder.DropIndex(
                name: "IX_Answers_ProjectId_ReaderId_EventId",
                table: "Answers");

            migrationBuilder.DropColumn(
                name: "AuditFraction",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "ReadingsPerImage",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "SecondReadingFraction",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "HasLapsed",
                table: "Leases");

            migrationBuilder.DropColumn(
                name: "Reason",
                table: "Leases");

            migrationBuilder.DropColumn(
                name: "Reason",
                table: "LabelEvents");

            migrationBuilder.DropColumn(
                name: "ReadingsGiven",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "ReadingsTaken",
                table: "Images");

            migrationBuilder.DropColumn(
                name: "ReadingsWanted",
                table: "Images");

            migrationBuilder.AddPrimaryKey(
                name: "PK_Leases",
                table: "Leases",
                column: "ImageId");

            migrationBuilder.CreateIndex(
                name: "IX_Images_ProjectId_Split_QueueRank_ContentHash",
                table: "Images",
                columns: new[] { "ProjectId", "Split", "QueueRank", "ContentHash" });

            migrationBuilder.CreateIndex(
                name: "IX_Answers_ProjectId_Kind",
                table: "Answers",
                columns: new[] { "ProjectId", "Kind" });
        }
    }
}
