using System.Diagnostics;

namespace DevicePlugin.FunctionalTests.Reservations;

internal static class Shell
{
    /// <summary>What the script prints; an exit code other than zero fails the test with what it said.</summary>
    public static string Run(string script, params string[] prefix)
    {
        string[] command = [.. prefix, "sh", "-eu"];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{errors.Result}\nof the script:\n{script}");
        return output;
    }
}
