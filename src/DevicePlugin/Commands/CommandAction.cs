using System.CommandLine;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

/// <summary>The one place where what goes wrong in a command becomes its exit code and a line on stderr.</summary>
internal static class CommandAction
{
    private const string JsonOption = "--json";

    /// <param name="endsByInterrupt">Whether the command runs until it is interrupted, so that an interrupt is its normal end.</param>
    public static void Run(
        this Command command, Func<ParseResult, CancellationToken, Task<int>> action, bool endsByInterrupt = false) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                if (endsByInterrupt)
                {
                    StandardOutput.EndAtTrouble();
                }

                // Not on this thread, which has to see signals: the action may wait for a pipe, a disk or a library.
                return await Task.Run(() => action(parsed, cancellationToken), CancellationToken.None);
            }
            catch (BadInputException exception)
            {
                return await TellBadInputAsync(
                    parsed, [exception.Message], parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return endsByInterrupt ? ExitCode.Done : ExitCode.Interrupted;
            }
            catch (IOException exception) when (StandardOutput.IsClosedPipe(exception))
            {
                // Whoever read the answer has enough of it.
                return ExitCode.Done;
            }
        });

    /// <summary>
    /// Tells people what cannot be used, and whoever asked for JSON too: a program that reads an empty answer learns nothing.
    /// </summary>
    public static async Task<int> TellBadInputAsync(
        ParseResult parsed, IReadOnlyCollection<string> errors, TextWriter output, TextWriter forPeople)
    {
        foreach (var error in errors)
        {
            await forPeople.WriteLineAsync(error);
        }

        if (parsed.Tokens.Any(token => token.Value == JsonOption))
        {
            await output.WriteLineAsync(JsonLine.Write(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("schema_version", JsonLine.SchemaVersion);
                json.WriteString("error", string.Join(' ', errors).ReplaceLineEndings(" ").TrimEnd());
                json.WriteEndObject();
            }));
        }

        return ExitCode.BadInput;
    }
}
