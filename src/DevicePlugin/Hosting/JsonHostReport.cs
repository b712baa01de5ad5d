using System.Text.Json;
using DevicePlugin.Output;

namespace DevicePlugin.Hosting;

/// <summary>One JSON object a line, written at once: a step is known before the next one hangs.</summary>
internal sealed class JsonHostReport(TextWriter output) : IHostReport
{
    public void Succeeded(string step, TimeSpan elapsed, HostStepResult result) => Write(step, elapsed, true, writer =>
    {
        writer.WriteStartObject("result");
        result.WriteJson(writer);
        writer.WriteEndObject();
    });

    public void Failed(string step, TimeSpan elapsed, string error) =>
        Write(step, elapsed, false, writer => writer.WriteString("error", error));

    private void Write(string step, TimeSpan elapsed, bool succeeded, Action<Utf8JsonWriter> writeRest)
    {
        output.WriteLine(JsonLine.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema_version", JsonLine.SchemaVersion);
            writer.WriteString("step", step);
            writer.WriteNumber("ms", Math.Round(elapsed.TotalMilliseconds, 1));
            writer.WriteBoolean("ok", succeeded);
            writeRest(writer);
            writer.WriteEndObject();
        }));
        output.Flush();
    }
}
