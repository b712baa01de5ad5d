using System.Diagnostics;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>One run of a script.</summary>
internal sealed record ShellRun(int ExitCode, string Output, string Errors);

internal static class Shell
{
    /// <summary>What the script prints; an exit code other than zero fails the test with what it said.</summary>
    public static string Run(string script, params string[] prefix)
    {
        var run = Try(script, prefix);
        Assert.That(run.ExitCode, Is.Zero, $"{run.Errors}\nof the script:\n{script}");
        return run.Output;
    }

    /// <summary>However the script ends.</summary>
    public static ShellRun Try(string script, params string[] prefix)
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
        return new ShellRun(process.ExitCode, output, errors.Result);
    }
}
