using System.CommandLine;
using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Agent;

namespace DevicePlugin.Commands;

/// <summary>The option that takes the plugin's block from the configuration of Nomad's agent.</summary>
internal sealed class AgentConfigOption
{
    private readonly Option<string?> _option = new("--agent-config")
    {
        Description = "Configuration of Nomad's agent, whose plugin block is used unless --config is given",
        HelpName = "FILE|DIR",
    };

    public void AddTo(Command command) => command.Options.Add(_option);

    public string? PathOf(ParseResult parsed) => parsed.GetValue(_option);

    /// <summary>Null when the option is not given.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public AgentConfig? Read(ParseResult parsed, CancellationToken cancellationToken) =>
        PathOf(parsed) is { } path ? ReadAgent(path, cancellationToken) : null;

    /// <summary>The plugin's block, empty where there is none.</summary>
    public static JsonObject BlockOf(AgentConfig? agent) =>
        agent?.ConfigOf(BuildInfo.Name)?.DeepClone().AsObject() ?? [];

    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static AgentConfig ReadAgent(string path, CancellationToken cancellationToken)
    {
        try
        {
            return AgentConfig.Read(path, InputFile.ReaderOf(path, cancellationToken));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The agent's configuration cannot be read: {exception.Message}");
        }
        catch (FormatException exception)
        {
            throw new BadInputException($"The agent's configuration cannot be understood: {exception.Message}");
        }
    }
}
