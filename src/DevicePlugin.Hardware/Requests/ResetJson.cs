using System.Text.Json;
using DevicePlugin.Gpu.Operations;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.Requests;

/// <summary>What requests and answers have besides when a GPU is reset.</summary>
internal static class ResetJson
{
    private const string Name = "reset";

    public static void WriteMembers(Utf8JsonWriter json, OperatorRequest request)
    {
        if (request.Process is not { } process)
        {
            return;
        }

        json.WriteStartObject(Name);
        json.WriteNumber("process", process.Id);
        json.WriteNumber("process_start", process.StartTicks);
        json.WriteNumber("limit_s", request.Limit.TotalSeconds);
        json.WriteString("outcome", WordOf(request.Outcome));
        json.WriteBoolean("repeated", request.IsRepeated);
        json.WriteEndObject();
    }

    public static OperatorRequest ReadMembers(JsonElement root, OperatorRequest request) => Find(root, Name) is { } reset
        ? request with
        {
            Process = new ResetProcess(reset.GetProperty("process").GetInt32(), reset.GetProperty("process_start").GetInt64()),
            Limit = ReadLimit(reset),
            Outcome = OutcomeOf(Text(reset, "outcome")),
            IsRepeated = reset.GetProperty("repeated").GetBoolean(),
        }
        : request;

    public static void WriteMembers(Utf8JsonWriter json, OperatorAnswer answer)
    {
        if (answer.Reset is not { } state)
        {
            return;
        }

        json.WriteStartObject(Name);
        json.WriteNumber("process", state.ProcessId);
        if (state.MinorNumber is { } minor)
        {
            json.WriteNumber("minor_number", minor);
        }

        json.WriteBoolean("released", state.IsReleased);
        json.WriteBoolean("fit", state.IsFit);
        json.WriteEndObject();
    }

    public static ResetState? ReadState(JsonElement root) => Find(root, Name) is { } reset
        ? new ResetState(reset.GetProperty("process").GetInt32(), Find(reset, "minor_number")?.GetInt32())
        {
            IsReleased = reset.GetProperty("released").GetBoolean(),
            IsFit = reset.GetProperty("fit").GetBoolean(),
        }
        : null;

    // Whoever asks for more is not this program's command.
    private static TimeSpan ReadLimit(JsonElement reset)
    {
        var seconds = reset.GetProperty("limit_s").GetDouble();
        return seconds > 0 && seconds <= OperatorRequest.LongestLoan.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new JsonException(
                $"limit_s is {seconds}; it must be more than 0 and at most {OperatorRequest.LongestLoan.TotalSeconds}");
    }

    private static string WordOf(ResetOutcome outcome) => outcome switch
    {
        ResetOutcome.Done => "done",
        ResetOutcome.Failed => "failed",
        _ => "not tried",
    };

    private static ResetOutcome OutcomeOf(string word) => word switch
    {
        "done" => ResetOutcome.Done,
        "failed" => ResetOutcome.Failed,
        "not tried" => ResetOutcome.NotTried,
        _ => throw new JsonException($"the outcome \"{word}\" is not known here"),
    };
}
