using System.Text.Json;

namespace DevicePlugin.Hosting;

internal sealed record SkippedResult(string Reason) : HostStepResult
{
    public override string Summary => $"skipped: {Reason}";

    public override void WriteJson(Utf8JsonWriter writer) => writer.WriteString("skipped", Reason);
}
