using System.CommandLine;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

/// <summary>The one place where what goes wrong in a command becomes its exit code and a line on stderr.</summary>
internal static class CommandAction
{
    /// <param name="endsByInterrupt">Whether the command runs until it is interrupted, so that an interrupt is its normal end.</param>
    public static void Run(
        this Command command, Func<ParseResult, CancellationToken, Task<int>> action, bool endsByInterrupt = false) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await action(parsed, cancellationToken);
            }
            catch (BadInputException exception)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
                return ExitCode.BadInput;
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
}
