using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Nomad.Agent;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Commands;

/// <summary>The options that say which node's GPUs a command is about: the same configuration Nomad would give.</summary>
internal sealed class NodeOptions
{
    private readonly Option<FileInfo?> _config = new("--config")
    {
        Description = "JSON file with the keys of the plugin's config block",
        HelpName = "FILE.json",
    };

    private readonly Option<string?> _backend = new("--backend") { Description = "nvml or fake", HelpName = "NAME" };

    private readonly Option<string?> _scenario = new("--scenario")
    {
        Description = "A built-in scenario or a file; implies --backend fake",
        HelpName = "NAME|PATH",
    };

    private readonly Option<string?> _nvmlLibrary = new("--nvml-library")
    {
        Description = "The NVML library to load",
        HelpName = "PATH",
    };

    public void AddTo(Command command)
    {
        _backend.AcceptOnlyFromAmong("nvml", "fake");
        command.Options.Add(_config);
        command.Options.Add(_backend);
        command.Options.Add(_scenario);
        command.Options.Add(_nvmlLibrary);
    }

    /// <summary>The configuration file, if any, with the other options on top.</summary>
    /// <exception cref="BadInputException">The file cannot be read or is wrong; every error is named.</exception>
    public PluginConfig Read(ParseResult parsed, CancellationToken cancellationToken)
    {
        var config = parsed.GetValue(_config) is { } file ? ReadFile(file, cancellationToken) : PluginConfig.Default;
        if (parsed.GetValue(_backend) is { } backend)
        {
            config = config with { Backend = backend == "fake" ? BackendKind.Fake : BackendKind.Nvml };
        }

        if (parsed.GetValue(_scenario) is { } scenario)
        {
            config = config with { Backend = BackendKind.Fake, Fake = config.Fake with { Scenario = scenario } };
        }

        if (config.Backend == BackendKind.Fake)
        {
            CheckScenario(config.Fake.Scenario);
        }

        return parsed.GetValue(_nvmlLibrary) is { } library ? config with { NvmlLibrary = library } : config;
    }

    /// <summary>The same with a plugin block in place of an absent file.</summary>
    /// <exception cref="BadInputException">The file cannot be read or is wrong; every error is named.</exception>
    public PluginConfig Read(ParseResult parsed, JsonObject otherwise, CancellationToken cancellationToken)
    {
        try
        {
            var block = ReadObject(parsed, otherwise, cancellationToken);
            return PluginConfigReader.FromJson(Encoding.UTF8.GetBytes(block.ToJsonString())).Config;
        }
        catch (PluginConfigException exception)
        {
            throw new BadInputException($"The configuration is wrong: {exception.Message}");
        }
    }

    /// <summary>The same as a plugin block, unread: for another plugin, whose keys only its own schema knows.</summary>
    /// <exception cref="BadInputException">The file cannot be read or is no JSON object.</exception>
    public JsonElement ReadBlock(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(ReadObject(parsed, [], cancellationToken).ToJsonString());
        return document.RootElement.Clone();
    }

    public string? FileOf(ParseResult parsed) => parsed.GetValue(_config)?.ToString();

    /// <param name="parsed">The options.</param>
    /// <param name="otherwise">What stands in for an absent file.</param>
    /// <param name="cancellationToken">Ends the wait for a pipe.</param>
    /// <exception cref="BadInputException">The file cannot be read or is no JSON object.</exception>
    public JsonObject ReadObject(ParseResult parsed, JsonObject otherwise, CancellationToken cancellationToken)
    {
        var block = parsed.GetValue(_config) is { } file ? ReadObject(file, cancellationToken) : otherwise;
        if (parsed.GetValue(_backend) is { } backend)
        {
            block["backend"] = backend;
        }

        if (parsed.GetValue(_scenario) is { } scenario)
        {
            CheckScenario(scenario);
            block["backend"] = "fake";
            block["fake"] = new JsonObject { ["scenario"] = scenario };
        }

        if (parsed.GetValue(_nvmlLibrary) is { } library)
        {
            block["nvml_library"] = library;
        }

        return block;
    }

    // The plugin would serve an empty inventory with this reason in its log, which is not what a person asked for.
    private static void CheckScenario(string nameOrPath)
    {
        try
        {
            ScenarioLibrary.Open(nameOrPath);
        }
        catch (ScenarioException exception)
        {
            throw new BadInputException(exception.Message);
        }
    }

    private static JsonObject ReadObject(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            return StrictJson.Parse(InputFile.Read(file, cancellationToken)) as JsonObject ??
                throw new BadInputException($"{file}: the configuration must be a JSON object.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The configuration file cannot be read: {exception.Message}");
        }
        catch (JsonException exception)
        {
            throw new BadInputException($"{file}: the configuration is no JSON: {exception.Message}");
        }
    }

    private static PluginConfig ReadFile(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            var parsed = PluginConfigReader.FromJson(InputFile.Read(file, cancellationToken));
            foreach (var warning in parsed.Warnings)
            {
                Console.Error.WriteLine($"warning: {warning}");
            }

            return parsed.Config;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The configuration file cannot be read: {exception.Message}");
        }
        catch (PluginConfigException exception)
        {
            throw new BadInputException($"{file}: {exception.Message}");
        }
    }
}
