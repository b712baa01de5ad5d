using System.CommandLine;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

/// <summary>What the executable does when a person starts it.</summary>
internal static class CommandLine
{
    // In go-plugin's spirit (server.go): whoever starts a plugin by hand should learn at once what it is.
    private const string Notice =
        """
        This is a plugin of HashiCorp Nomad: the agent starts it from its plugin_dir, and it serves no other purpose
        without arguments. The commands below are for people.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (StandardOutput.SilenceClosed())
        {
            StandardOutput.NoticeTrouble();
        }

        try
        {
            var exitCode = await ParseAndRunAsync(arguments);
            return StandardOutput.Trouble is { } trouble ? await TellAsync(trouble, exitCode) : exitCode;
        }
        catch (IOException exception)
        {
            // What a command reads or writes itself, it answers for: this is its output.
            return await TellAsync(exception, ExitCode.Done);
        }
    }

    /// <summary>A reader that is gone has enough of the answer; a disk that is full lost a part of it.</summary>
    private static async Task<int> TellAsync(IOException trouble, int exitCode)
    {
        if (StandardOutput.IsClosedPipe(trouble))
        {
            return exitCode;
        }

        await Console.Error.WriteLineAsync($"The answer cannot be written: {trouble.Message}");
        return exitCode == ExitCode.Done ? ExitCode.Failed : exitCode;
    }

    private static async Task<int> ParseAndRunAsync(string[] arguments)
    {
        var root = CreateRoot();
        if (arguments.Length == 0)
        {
            await Console.Error.WriteLineAsync(Notice);
            await Console.Error.WriteLineAsync();
            await root.Parse("--help").InvokeAsync(new InvocationConfiguration { Output = Console.Error });
            return ExitCode.Failed;
        }

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            var exitCode = await CommandAction.TellBadInputAsync(
                parsed, [.. parsed.Errors.Select(error => error.Message)], Console.Out, Console.Error);
            await Console.Error.WriteLineAsync($"See: {BuildInfo.Name} --help");
            return exitCode;
        }

        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await CommandEnd.RunAsync(cancellationToken => parsed.InvokeAsync(configuration, cancellationToken));
    }

    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("A GPU device plugin for HashiCorp Nomad.")
        {
            FingerprintCommand.Create(),
            StatsCommand.Create(),
            WatchCommand.Create(),
            DoctorCommand.Create(),
            CaptureCommand.Create(),
            ScenariosCommand.Create(),
            ConfigCommand.Create(),
            HostCommand.Create(),
            InstallCommand.Create(),
            MpsCommand.Create(),
            OperatorCommands.CreateCordon(),
            OperatorCommands.CreateUncordon(),
            OperatorCommands.CreateHealth(),
            ResetCommand.Create(),
            VersionCommand.Create(),
            ProbeCommand.Create(),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }
}
