using System.CommandLine;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Commands;

/// <summary>How often a command reads the GPUs.</summary>
internal sealed class IntervalOption
{
    private readonly Option<string> _option = new("--interval")
    {
        Description = "Time between two samples, for example 500ms or 1m",
        HelpName = "DURATION",
        DefaultValueFactory = _ => "1s",
    };

    public void AddTo(Command command) => command.Options.Add(_option);

    /// <exception cref="BadInputException">It is no duration, or none to wait for.</exception>
    public TimeSpan Read(ParseResult parsed)
    {
        var text = parsed.GetRequiredValue(_option);
        return GoDuration.TryParse(text, out var interval) && interval > TimeSpan.Zero
            ? interval
            : throw new BadInputException(
                $"--interval is \"{text}\"; write a positive duration such as 500ms, 1s or 1m30s.");
    }
}
