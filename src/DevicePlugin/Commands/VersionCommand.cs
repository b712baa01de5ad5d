using System.CommandLine;
using System.Text.Json;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

internal static class VersionCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var command = new Command("version", "Print version, commit, runtime and flavour") { json };
        command.Run(async (parsed, _) =>
        {
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(JsonLine.Write(WriteJson));
                return ExitCode.Done;
            }

            var commit = BuildInfo.Commit.Length > 0 ? BuildInfo.Commit : "unknown";
            await Console.Out.WriteLineAsync($"{BuildInfo.Name} {BuildInfo.Version}");
            await Console.Out.WriteLineAsync($"commit  {commit}");
            await Console.Out.WriteLineAsync($"runtime {BuildInfo.Runtime}");
            await Console.Out.WriteLineAsync($"flavour {BuildInfo.Flavour}");
            return ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schema_version", JsonLine.SchemaVersion);
        writer.WriteString("name", BuildInfo.Name);
        writer.WriteString("version", BuildInfo.Version);
        writer.WriteString("commit", BuildInfo.Commit);
        writer.WriteString("runtime", BuildInfo.Runtime);
        writer.WriteString("flavour", BuildInfo.Flavour);
        writer.WriteEndObject();
    }
}
