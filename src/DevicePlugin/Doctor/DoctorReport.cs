using System.Text.Json;
using DevicePlugin.Comparison;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor;

/// <summary>Every check's result, in the order in which they are told.</summary>
internal sealed record DoctorReport(IReadOnlyList<CheckResult> Results)
{
    /// <summary>With nvidia-smi; null when nobody asked for it.</summary>
    public SmiComparison? Comparison { get; init; }

    public CheckStatus Status =>
        Count(CheckStatus.Fail) > 0 ? CheckStatus.Fail : Count(CheckStatus.Warn) > 0 ? CheckStatus.Warn : CheckStatus.Pass;

    public int Count(CheckStatus status) => Results.Count(result => result.Finding.Status == status);

    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schema_version", JsonLine.SchemaVersion);
        writer.WriteStartArray("checks");
        foreach (var (id, finding) in Results)
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteString("status", WordOf(finding.Status));
            writer.WriteString("seen", finding.Seen);
            writer.WriteString("advice", finding.Advice);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (Comparison is { } comparison)
        {
            ComparisonView.WriteJson(writer, comparison);
        }

        writer.WriteString("status", WordOf(Status));
        writer.WriteEndObject();
    }

    public static string WordOf(CheckStatus status) => status switch
    {
        CheckStatus.Pass => "pass",
        CheckStatus.Warn => "warn",
        _ => "fail",
    };
}
