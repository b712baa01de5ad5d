using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.State;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.Requests;

/// <summary>Requests and answers as JSON. The answer is also what the commands print with <c>--json</c>.</summary>
public static class RequestJson
{
    private const int SchemaVersion = 1;

    private static readonly ImmutableArray<(OperatorVerb Verb, string Word)> Verbs =
    [
        (OperatorVerb.Cordon, "cordon"), (OperatorVerb.Uncordon, "uncordon"), (OperatorVerb.ListHealth, "health list"),
        (OperatorVerb.ClearHealth, "health clear"), (OperatorVerb.CheckReset, "reset check"), (OperatorVerb.BeginReset, "reset begin"),
        (OperatorVerb.EndReset, "reset end"),
    ];

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string WordOf(OperatorVerb verb) => Verbs.First(known => known.Verb == verb).Word;

    public static byte[] Write(OperatorRequest request) => Write(json =>
    {
        json.WriteString("verb", WordOf(request.Verb));
        json.WriteStartArray("gpus");
        foreach (var gpu in request.Gpus)
        {
            json.WriteStringValue(gpu);
        }

        json.WriteEndArray();
        json.WriteString("reason", request.Reason);
        json.WriteString("by", request.By);
        json.WriteString("written", request.Written);
        ResetJson.WriteMembers(json, request);
    });

    /// <exception cref="JsonException">The text is not a request.</exception>
    public static OperatorRequest ReadRequest(ReadOnlyMemory<byte> text) => Read(text, root =>
    {
        var word = Text(root, "verb");
        var verb = Verbs.FirstOrDefault(known => known.Word == word);
        return verb.Word is null
            ? throw new JsonException($"the verb \"{OneLine.OfName(word)}\" is not known here")
            : ResetJson.ReadMembers(root, new OperatorRequest(
                verb.Verb,
                [.. root.GetProperty("gpus").EnumerateArray().Select(gpu => gpu.GetString() ?? throw new JsonException("a GPU is null"))],
                OneLine.Of(Text(root, "by"), OneLine.MostCaller), root.GetProperty("written").GetDateTimeOffset())
            {
                Reason = OneLine.Of(Text(root, "reason"), OneLine.MostReason),
            });
    });

    public static byte[] Write(OperatorAnswer answer) => Write(json =>
    {
        json.WriteBoolean("done", answer.Problem is null);
        json.WriteString("problem", answer.Problem);
        json.WriteString("state_folder", answer.Folder);
        json.WriteString("done_by", answer.IsServed ? "plugin" : "record");
        json.WriteStartArray("exceptions");
        foreach (var exception in answer.Exceptions)
        {
            json.WriteStartObject();
            json.WriteString("key", exception.Key);
            json.WriteString("value", exception.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("gpus");
        foreach (var gpu in answer.Gpus)
        {
            Write(json, gpu);
        }

        json.WriteEndArray();
        ResetJson.WriteMembers(json, answer);
    });

    /// <exception cref="JsonException">The text is not an answer.</exception>
    public static OperatorAnswer ReadAnswer(ReadOnlyMemory<byte> text) => Read(text, root => new OperatorAnswer(
        Find(root, "problem")?.GetString(), [.. root.GetProperty("gpus").EnumerateArray().Select(ReadGpu)])
    {
        Exceptions =
        [
            .. Items(root, "exceptions").Select(item => new HealthExemption(Text(item, "key"), Text(item, "value"))),
        ],
        Reset = ResetJson.ReadState(root),
    });

    private static void Write(Utf8JsonWriter json, GpuCondition gpu)
    {
        json.WriteStartObject();
        json.WriteString("uuid", gpu.Uuid);
        json.WriteString("name", gpu.Name);
        if (gpu.Index is { } index)
        {
            json.WriteNumber("index", index);
        }

        json.WriteString("pci_bus_id", gpu.PciBusId);
        json.WriteString("board_serial", gpu.BoardSerial);
        json.WriteString("state", gpu.State);
        json.WriteString("description", gpu.Description);
        json.WriteString("done", gpu.Done);
        if (gpu.Cordon is { } cordon)
        {
            json.WriteStartObject("cordon");
            CordonJson.WriteMembers(json, cordon);
            json.WriteEndObject();
        }

        json.WriteStartArray("cause_words");
        foreach (var word in gpu.Words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteStartArray("causes");
        foreach (var cause in gpu.Causes)
        {
            Write(json, cause);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, CauseReport cause)
    {
        json.WriteStartObject();
        json.WriteString("cause", cause.Word);
        if (cause.Xid is { } xid)
        {
            json.WriteNumber("xid", xid);
        }

        json.WriteBoolean("withheld", cause.IsWithheld);
        json.WriteString("text", cause.Text);
        json.WriteString("advice", cause.Advice);
        json.WriteString("since", cause.Since);
        json.WriteString("last_seen", cause.LastSeen);
        json.WriteNumber("occurrences", cause.Occurrences);
        if (cause.HeldUntil is { } heldUntil)
        {
            json.WriteString("held_until", heldUntil);
        }

        json.WriteString("instance", cause.Instance);
        json.WriteEndObject();
    }

    private static GpuCondition ReadGpu(JsonElement gpu) => new(
        Text(gpu, "uuid"), Text(gpu, "state"), [.. gpu.GetProperty("causes").EnumerateArray().Select(ReadCause)])
    {
        Name = Find(gpu, "name")?.GetString(),
        Index = Find(gpu, "index")?.GetInt32(),
        PciBusId = Find(gpu, "pci_bus_id")?.GetString(),
        BoardSerial = Find(gpu, "board_serial")?.GetString(),
        Description = Text(gpu, "description"),
        Done = Find(gpu, "done")?.GetString(),
        Words = [.. Items(gpu, "cause_words").Select(word => word.GetString() ?? "")],
        Cordon = Find(gpu, "cordon") is { } cordon ? CordonJson.ReadCordon(cordon) : null,
    };

    private static CauseReport ReadCause(JsonElement cause) => new(
        Text(cause, "cause"), Text(cause, "text"), Text(cause, "advice"), cause.GetProperty("since").GetDateTimeOffset(),
        cause.GetProperty("last_seen").GetDateTimeOffset(), cause.GetProperty("occurrences").GetInt64())
    {
        Xid = Find(cause, "xid")?.GetInt64(),
        IsWithheld = Find(cause, "withheld")?.GetBoolean() ?? true,
        HeldUntil = Find(cause, "held_until")?.GetDateTimeOffset(),
        Instance = Find(cause, "instance")?.GetString(),
    };

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("schema_version", SchemaVersion);
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static T Read<T>(ReadOnlyMemory<byte> text, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return root.GetProperty("schema_version").GetInt32() == SchemaVersion
                ? read(root)
                : throw new JsonException($"it has schema_version {root.GetProperty("schema_version")}, not {SchemaVersion}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is not in this plugin's format: {exception.Message}", exception);
        }
    }

    // A plugin of an earlier version, which the command may talk to after an upgrade, does not write all of them.
    private static JsonElement[] Items(JsonElement owner, string name) =>
        Find(owner, name) is { } list ? [.. list.EnumerateArray()] : [];
}
