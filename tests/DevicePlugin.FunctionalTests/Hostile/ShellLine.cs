using System.Diagnostics;
using DevicePlugin.Serving;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>One line of bash that runs the executable: its name is <c>$PLUGIN</c> there.</summary>
internal static class ShellLine
{
    public static ProcessStartInfo StartOf(string line, bool isServing = false)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", line])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        // The runtime's own doubly mapped memory counts as a file; the published executable has none.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["PLUGIN"] = PluginExecutable.FileName;
        if (isServing)
        {
            start.Environment[NomadHandshake.Cookie.Key] = NomadHandshake.Cookie.Value;
            start.Environment["PLUGIN_PROTOCOL_VERSIONS"] = "2";
        }

        return start;
    }

    public static async Task<(int Code, string Output, string Errors)> RunAsync(string line, bool isServing = false)
    {
        using var process = Process.Start(StartOf(line, isServing))!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().DefaultTimeout();
            return (process.ExitCode, await output.DefaultTimeout(), await errors.DefaultTimeout());
        }
        finally
        {
            process.Kill();
        }
    }
}
