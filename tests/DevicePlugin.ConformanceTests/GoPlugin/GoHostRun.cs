using System.Text.Json;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <param name="Logs">The host's and, by way of it, the plugin's, as hclog JSON.</param>
/// <param name="LeftBehind">Names in the folder for temporary files after the run.</param>
internal sealed record GoHostRun(
    int ExitCode, IReadOnlyList<GoHostStep> Steps, string Logs, IReadOnlyList<string> LeftBehind)
{
    /// <summary>The only step of a name, or the one at an index when it was asked for several times.</summary>
    public GoHostStep Step(string name, int index = 0) => Steps.Where(step => step.Name == name).ElementAt(index);

    public IReadOnlyList<JsonElement> Groups(int fingerprint = 0) =>
        Step("Fingerprint", fingerprint).Result.TryGetProperty("device_group", out var groups)
            ? [.. groups.EnumerateArray()]
            : [];

    public IReadOnlyList<string> DeviceIds() =>
    [
        .. Groups().SelectMany(group => group.GetProperty("devices").EnumerateArray())
            .Select(device => device.GetProperty("ID").GetString()!),
    ];

    public JsonElement Environment(int reserve = 0) =>
        Step("Reserve", reserve).Result.GetProperty("container_res").GetProperty("envs");

    public void AssertEveryStepSucceeded()
    {
        Assert.That(Steps.Where(step => !step.Succeeded), Is.Empty, Logs);
        Assert.That(ExitCode, Is.Zero, Logs);
    }
}
