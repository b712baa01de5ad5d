using System.Text.Json;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>One line of tests/go/host: what was done, how long it took, and what came of it.</summary>
/// <param name="ErrorCode">A gRPC status code's name, or "Host" when the host refused what the plugin sent.</param>
internal sealed record GoHostStep(
    string Name, TimeSpan Duration, bool Succeeded, JsonElement Result, string? ErrorCode, string? ErrorMessage)
{
    public static GoHostStep Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var step = document.RootElement.Clone();
        var error = step.TryGetProperty("error", out var found) ? found : default(JsonElement?);
        return new GoHostStep(
            step.GetProperty("step").GetString()!,
            TimeSpan.FromMilliseconds(step.GetProperty("ms").GetDouble()),
            step.GetProperty("ok").GetBoolean(),
            step.TryGetProperty("result", out var result) ? result : default,
            error?.GetProperty("code").GetString(),
            error?.GetProperty("message").GetString());
    }

    public override string ToString() => $"{Name}: {(Succeeded ? "ok" : $"{ErrorCode}, {ErrorMessage}")} {Result}";
}
