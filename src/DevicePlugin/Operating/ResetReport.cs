using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Output;

namespace DevicePlugin.Operating;

/// <summary>One thing that was done, or would be.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="Text">What was done, seen or decided.</param>
internal sealed record ResetStep(string Name, string Text)
{
    /// <summary>Some of it is a program's, a file's or another process's words.</summary>
    public string Text { get; } = OneLine.Clean(Text);
}

/// <summary>What became of the reset of a GPU.</summary>
/// <param name="Problem">Why the GPU is not reset and in service as before; null when it is.</param>
internal sealed record ResetReport(string? Problem)
{
    public string? Problem { get; init; } = Problem is null ? null : OneLine.Clean(Problem);

    /// <summary>UUID of the GPU; null where none was found.</summary>
    public string? Gpu { get; init; }

    public bool IsDryRun { get; init; }

    /// <summary>Whether the driver reset it, whatever its health is since.</summary>
    public bool WasReset { get; init; }

    public int Attempts { get; init; }

    public bool IsServed { get; init; }

    public string Folder { get; init; } = "";

    /// <summary>The cordon that stands; null: none.</summary>
    public string? Cordon { get; init; }

    public ImmutableArray<GpuHolder> Holders { get; init; } = [];

    public ImmutableArray<ResetStep> Steps { get; init; } = [];

    /// <summary>
    /// Where the records are. That no plugin runs is known only where this process went to work in its place: it may have been
    /// refused before it looked, or because of a plugin with other records.
    /// </summary>
    public string Place => IsServed || Steps.IsEmpty
        ? $"State folder: \"{Folder}\"."
        : $"No plugin is running: the records are in \"{Folder}\".";

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("schema_version", JsonLine.SchemaVersion);
        json.WriteString("gpu", Gpu);
        json.WriteBoolean("done", Problem is null);
        json.WriteString("problem", Problem);
        json.WriteBoolean("dry_run", IsDryRun);
        json.WriteBoolean("was_reset", WasReset);
        json.WriteNumber("attempts", Attempts);
        json.WriteString("cordon", Cordon);
        json.WriteString("state_folder", Folder);
        json.WriteString("done_by", IsServed ? "plugin" : "record");
        json.WriteStartArray("steps");
        foreach (var (name, text) in Steps)
        {
            json.WriteStartObject();
            json.WriteString("step", name);
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("holders");
        foreach (var holder in Holders)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", holder.Id);
            json.WriteString("name", holder.Name);
            json.WriteString("task", holder.Task);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
