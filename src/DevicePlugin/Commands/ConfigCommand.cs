using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Commands;

/// <summary><c>config schema | example | validate FILE.json</c>: the plugin block explained and checked.</summary>
internal static class ConfigCommand
{
    private const string WordsIndent = "    ";

    // Read by people and programs, never put into a web page, so an apostrophe stays one.
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static Command Create() => new("config", "Explain the plugin block or check a configuration file")
    {
        CreateSchema(),
        CreateExample(),
        CreateValidate(),
    };

    private static Command CreateSchema()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table" };
        var command = new Command("schema", "Print every key with its type, default and accepted values") { json };
        command.Run((parsed, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                WriteJson(output);
            }
            else
            {
                WriteTable(output, Console.IsOutputRedirected);
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static Command CreateExample()
    {
        var command = new Command("example", "Print a commented plugin block for Nomad's agent");
        command.Run(async (parsed, _) =>
        {
            await parsed.InvocationConfiguration.Output.WriteAsync(ConfigExample.Create(BuildInfo.Name));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateValidate()
    {
        var file = new Argument<FileInfo>("FILE.json") { Description = "The keys of the plugin block as JSON" };
        var command = new Command("validate", "Name every error of a configuration file at once") { file };
        command.Run((parsed, cancellationToken) =>
            ValidateAsync(parsed.GetRequiredValue(file), parsed.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> ValidateAsync(FileInfo file, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var parsed = PluginConfigReader.FromJson(InputFile.Read(file, cancellationToken));
            foreach (var warning in parsed.Warnings)
            {
                await output.WriteLineAsync($"warning: {warning}");
            }

            await output.WriteLineAsync($"{file} is valid.");
            return ExitCode.Done;
        }
        catch (PluginConfigException exception)
        {
            foreach (var error in exception.Errors)
            {
                await output.WriteLineAsync($"error: {error}");
            }

            return ExitCode.BadInput;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The configuration file cannot be read: {exception.Message}");
        }
    }

    /// <summary>A row for each key and its words under it: five columns side by side are too many for a terminal.</summary>
    private static void WriteTable(TextWriter output, bool isRedirected)
    {
        var console = HumanConsole.Create(output, isRedirected);
        var keyWidth = ConfigSchema.Keys.Max(key => key.Path.Length) + 2;
        var typeWidth = ConfigSchema.Keys.Max(key => key.Type.Length) + 2;
        console.WriteLine($"{"KEY".PadRight(keyWidth)}{"TYPE".PadRight(typeWidth)}DEFAULT");
        foreach (var key in ConfigSchema.Keys)
        {
            console.Write(new Text(key.Path.PadRight(keyWidth), new Style(decoration: Decoration.Bold)));
            console.WriteLine($"{key.Type.PadRight(typeWidth)}{key.DefaultLiteral}");
            console.Write(WordsIndent);
            IndentedText.Write(console, WordsIndent.Length, $"{key.Allowed}\n{key.Description}");
        }
    }

    private static void WriteJson(TextWriter output)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, JsonOptions))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema_version", 1);
            writer.WriteStartArray("keys");
            foreach (var key in ConfigSchema.Keys)
            {
                WriteKey(writer, key);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void WriteKey(Utf8JsonWriter writer, ConfigKey key)
    {
        writer.WriteStartObject();
        writer.WriteString("key", key.Path);
        writer.WriteString("type", key.Type);
        writer.WritePropertyName("default");
        writer.WriteRawValue(key.DefaultLiteral);
        writer.WriteString("accepts", key.Allowed);
        writer.WriteString("description", key.Description);
        writer.WriteEndObject();
    }
}
