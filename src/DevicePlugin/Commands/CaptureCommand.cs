using System.CommandLine;
using System.Text;
using DevicePlugin.Composition;
using DevicePlugin.Hardware.Capture;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.State;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Commands;

/// <summary>Records the node's hardware as a scenario: what a bug report needs, and what replays it.</summary>
internal static class CaptureCommand
{
    private const string DefaultFile = "capture.json";

    // It has serial numbers and process names.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create()
    {
        var output = new Option<FileInfo>("--output", "-o")
        {
            Description = "The scenario file to write",
            HelpName = "FILE",
            DefaultValueFactory = _ => new FileInfo(DefaultFile),
        };
        var force = new Option<bool>("--force") { Description = "Write over a file that exists" };
        var scrub = new Option<bool>("--scrub")
        {
            Description = "Put stand-ins for UUIDs, serial numbers and process names",
            DefaultValueFactory = _ => true,
        };
        var node = new NodeOptions();
        var command = new Command("capture", "Record this node's hardware as a scenario") { output, force, scrub };
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var file = parsed.GetValue(output)!;
            var config = node.Read(parsed, cancellationToken);
            RequireFree(file, parsed.GetValue(force));
            var progress = parsed.InvocationConfiguration.Error;
            var scenario = await ReadAsync(config, progress, cancellationToken);
            if (scenario is null)
            {
                return ExitCode.Failed;
            }

            return Write(scenario, parsed.GetValue(scrub), file, progress);
        });
        return command;
    }

    private static void RequireFree(FileInfo file, bool force)
    {
        if (Directory.Exists(file.FullName))
        {
            throw new BadInputException($"\"{file}\" is a folder: give the name of a file with -o.");
        }

        if ((file.Exists || file.LinkTarget is not null) && !force)
        {
            throw new BadInputException($"\"{file}\" exists: give another name with -o, or --force to write over it.");
        }
    }

    /// <summary>Null after the reason was told.</summary>
    private static async Task<Scenario?> ReadAsync(
        PluginConfig config, TextWriter progress, CancellationToken cancellationToken)
    {
        using var logging = PluginLogging.ToPerson();
        try
        {
            return config.Backend == BackendKind.Fake
                ? ScenarioLibrary.Open(config.Fake.Scenario)
                : await new NodeCapture(
                    BackendChoice.NvmlOptionsOf(config),
                    progress.WriteLine,
                    logging.Factory.CreateLogger(typeof(CaptureCommand)),
                    TimeProvider.System).ReadAsync(cancellationToken);
        }
        catch (ScenarioException exception)
        {
            throw new BadInputException(exception.Message);
        }
        catch (CaptureException exception)
        {
            await progress.WriteLineAsync(exception.Message);
            return null;
        }
    }

    private static int Write(Scenario scenario, bool scrub, FileInfo file, TextWriter progress)
    {
        var json = (scrub ? ScenarioScrubber.Scrub(scenario) : scenario).ToJson();
        WriteWhole(file, json, isForOthers: scrub);
        var problems = Check(json);
        foreach (var problem in problems)
        {
            progress.WriteLine($"The driver contradicts itself: {problem}");
        }

        progress.WriteLine(scrub
            ? $"Wrote \"{file}\". Attach it to a bug report: it has stand-ins for UUIDs, serial numbers and process names."
            : $"Wrote \"{file}\". Look at it before you attach it to a bug report: it has the real UUIDs, serial numbers "
                + "and process names.");
        progress.WriteLine(problems.Count == 0
            ? $"Replay it with: {BuildInfo.Name} fingerprint --scenario {file}"
            : "To replay it, the values above have to be mended first.");
        return problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void WriteWhole(FileInfo file, string json, bool isForOthers)
    {
        try
        {
            OutputFile.Write(file.FullName, Encoding.UTF8.GetBytes(json), isForOthers ? AtomicFile.PublicMode : OwnerOnly);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last is what .NET makes of EFBIG.
            throw new BadInputException($"The capture cannot be written to \"{file}\": {exception.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>What a scenario may not say, and a driver did.</summary>
    private static IReadOnlyList<string> Check(string json)
    {
        try
        {
            Scenario.Parse(Encoding.UTF8.GetBytes(json));
            return [];
        }
        catch (ScenarioException exception)
        {
            return exception.Problems;
        }
    }
}
