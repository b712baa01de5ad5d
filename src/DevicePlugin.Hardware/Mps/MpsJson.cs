using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.Tools;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The content of the state file. Written by hand for the reason that <c>HealthJson</c> gives.</summary>
internal static class MpsJson
{
    private const int Version = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static byte[] Write(MpsRecord[] records, string? bootId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber(StateVersion.Member, Version);
            json.WriteString("boot_id", bootId);
            json.WriteStartArray("daemons");
            foreach (var record in records)
            {
                Write(json, record);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Nothing when the text is of another boot. An older version's, which does not say, counts as this one's.</summary>
    /// <exception cref="JsonException">The text is not what <see cref="Write(MpsRecord[], string)"/> writes.</exception>
    public static MpsRecord[] Read(ReadOnlyMemory<byte> text, string? bootId)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            StateVersion.Check(root, Version);

            if (bootId is not null && root.TryGetProperty("boot_id", out var boot) && boot.GetString() is { } then
                && then != bootId)
            {
                return [];
            }

            var records = new List<MpsRecord>();
            foreach (var daemon in root.GetProperty("daemons").EnumerateArray())
            {
                records.Add(ReadRecord(daemon));
            }

            return [.. records];
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is not of this plugin's format: {exception.Message}", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, MpsRecord record)
    {
        json.WriteStartObject();
        json.WriteNumber("block", record.Block);
        if (record.Process is { } process)
        {
            json.WriteNumber("pid", process.Id);
            json.WriteNumber("start_ticks", process.StartTicks);
        }

        json.WriteString("pipe_directory", record.PipeDirectory);
        json.WriteString("log_directory", record.LogDirectory);
        json.WriteStartArray("gpus");
        foreach (var gpu in record.Gpus)
        {
            json.WriteStartObject();
            json.WriteString("uuid", gpu.Uuid);
            json.WriteString("former_compute_mode", gpu.FormerMode);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static MpsRecord ReadRecord(JsonElement daemon)
    {
        var gpus = ImmutableArray.CreateBuilder<MpsRecordedGpu>();
        foreach (var gpu in daemon.GetProperty("gpus").EnumerateArray())
        {
            var recorded = new MpsRecordedGpu(Text(gpu, "uuid"), Text(gpu, "former_compute_mode"));
            gpus.Add(IsHarmless(recorded) ? recorded : throw new JsonException($"\"{recorded.Uuid}\" is not a GPU's"));
        }

        return new MpsRecord(
            daemon.GetProperty("block").GetInt32(),
            daemon.TryGetProperty("pid", out var pid)
                ? new ProcessIdentity(pid.GetInt32(), daemon.GetProperty("start_ticks").GetInt64())
                : null,
            Text(daemon, "pipe_directory"), Text(daemon, "log_directory"), gpus.ToImmutable());
    }

    // They become arguments of nvidia-smi, run as root.
    private static bool IsHarmless(MpsRecordedGpu gpu) => DeviceUuid.IsPathComponent(gpu.Uuid)
        && gpu.FormerMode.All(character => char.IsAsciiLetter(character) || character == '_');
}
