using System.Diagnostics;
using System.Text.Json;

namespace DevicePlugin.Benchmarks;

/// <summary>
/// Encodes a config block by the plugin's own schema. HCL has no library in .NET, so the host of the conformance tests
/// does it, with the library that Nomad has.
/// </summary>
internal static class ConfigEncoder
{
    public static async Task<byte[]> EncodeAsync(
        string host, Contender contender, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-plugin", contender.Executable.FullName, "-config", contender.Configuration, "Launch", "SetConfig", "Kill",
        ];
        var start = new ProcessStartInfo(host, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in contender.Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var logs = process.StandardError.ReadToEndAsync(cancellationToken);
        var steps = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"'{contender.Executable}' cannot be configured:{Environment.NewLine}{steps}{await logs}");
        }

        using var setConfig = JsonDocument.Parse(steps.Split('\n').Single(line => line.Contains("\"SetConfig\"")));
        return Convert.FromHexString(
            setConfig.RootElement.GetProperty("result").GetProperty("msgpack").GetString()!);
    }
}
