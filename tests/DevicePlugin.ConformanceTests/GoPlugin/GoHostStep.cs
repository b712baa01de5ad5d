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

    /// <summary>The devices of an inventory.</summary>
    public IEnumerable<JsonElement> Devices => Result.GetProperty("device_group").EnumerateArray()
        .SelectMany(group => group.GetProperty("devices").EnumerateArray());

    /// <summary>The health description of each device of an inventory that has one, by id.</summary>
    public Dictionary<string, string> Described => Devices
        .Where(device => device.TryGetProperty("health_description", out _))
        .ToDictionary(
            device => device.GetProperty("ID").GetString()!, device => device.GetProperty("health_description").GetString()!);

    public override string ToString() => $"{Name}: {(Succeeded ? "ok" : $"{ErrorCode}, {ErrorMessage}")} {Result}";
}
