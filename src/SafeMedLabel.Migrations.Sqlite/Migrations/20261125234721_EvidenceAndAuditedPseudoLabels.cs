using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SafeMedLabel.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class EvidenceAndAuditedPseudoLabels : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<byte[]>(
                name: "Attribution",
                table: "TestPredictions",
                type: "BLOB",
                nullable: false,
                defaultValue: new byte[0]);

            migrationBuilder.AddColumn<byte[]>(
                name: "Audited",
                table: "RoundEpochs",
                type: "BLOB",
                nullable: false,
                defaultValue: new byte[0]);

            migrationBuilder.AddColumn<long>(
                name: "Unsure",
                table: "RoundEpochs",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Attribution",
                table: "TestPredictions");

            migrationBuilder.DropColumn(
                name: "Audited",
                table: "RoundEpochs");

            migrationBuilder.DropColumn(
                name: "Unsure",
                table: "RoundEpochs");
        }
    }
}
