using System.CommandLine;

namespace DevicePlugin.Commands;

internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print version, commit, runtime and flavour");
        command.Run(static async (_, _) =>
        {
            var commit = BuildInfo.Commit.Length > 0 ? BuildInfo.Commit : "unknown";
            await Console.Out.WriteLineAsync($"{BuildInfo.Name} {BuildInfo.Version}");
            await Console.Out.WriteLineAsync($"commit  {commit}");
            await Console.Out.WriteLineAsync($"runtime {BuildInfo.Runtime}");
            await Console.Out.WriteLineAsync($"flavour {BuildInfo.Flavour}");
            return ExitCode.Done;
        });
        return command;
    }
}
