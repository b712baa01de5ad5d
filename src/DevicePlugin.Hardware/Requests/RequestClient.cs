using System.Text.Json;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;

namespace DevicePlugin.Hardware.Requests;

/// <summary>Leaves a request for the plugin that serves, and waits for the answer.</summary>
public sealed class RequestClient(string stateFolder, TimeProvider timeProvider)
{
    /// <summary>How long an answer is waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private const int MostBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly RequestFolder _folder = new(stateFolder, FileStatus.CurrentUser ?? 0, FileStatus.Read);

    /// <summary>
    /// Null when nobody took the request because the plugin ended: the records may be changed directly then, under the lock
    /// that is given.
    /// </summary>
    /// <exception cref="IOException">The request cannot be written.</exception>
    public async Task<(OperatorAnswer? Answer, StateLock? Lock)> SendAsync(
        OperatorRequest request, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        string? file = null;
        var isRepeated = false;
        try
        {
            while (timeProvider.GetElapsedTime(began) < Limit)
            {
                file ??= TryWrite(request);
                if (file is not null && TryRead(file) is { } answer)
                {
                    return (answer, null);
                }

                if (file is not null && !isRepeated && IsDiscarded(file))
                {
                    // A plugin that starts discards what it finds.
                    (file, isRepeated) = (null, true);
                    continue;
                }

                if (StateLock.TryTake(stateFolder, out _, out _) is { } held)
                {
                    if (file is null || TakeBack(file))
                    {
                        return (null, held);
                    }

                    held.Dispose();
                    return (OperatorAnswer.Refusal(
                        "the plugin ended while it worked on the request; \"health list\" shows what became of it"), null);
                }

                await Task.Delay(Poll, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (file is not null)
        {
            TakeBack(file);
            throw;
        }

        return (OperatorAnswer.Refusal(file is null
            ? $"the plugin that holds \"{stateFolder}\" takes no requests: {_folder.FindFault()}"
            : TakeBack(file)
                ? $"the plugin that holds \"{stateFolder}\" did not take the request within {Limit.TotalSeconds:0} s; nothing was done"
                : "the plugin took the request and has not answered; \"health list\" shows what became of it"), null);
    }

    private string? TryWrite(OperatorRequest request)
    {
        if (_folder.FindFault() is not null)
        {
            // A plugin that just started makes the folder.
            return null;
        }

        var file = Path.Combine(
            _folder.Path, $"{timeProvider.GetUtcNow().UtcTicks:D20}-{Environment.ProcessId}{RequestFolder.RequestSuffix}");
        try
        {
            AtomicFile.Write(
                file, RequestJson.Write(request with { Written = timeProvider.GetUtcNow() }), AtomicFile.PublicMode);
            return file;
        }
        catch (FileNotFoundException)
        {
            // A plugin that started meanwhile discarded it half-written.
            return null;
        }
    }

    // In the order in which a request becomes an answer.
    private static bool IsDiscarded(string file) =>
        !File.Exists(file) && !File.Exists(Path.ChangeExtension(file, RequestFolder.TakenSuffix))
        && !File.Exists(Path.ChangeExtension(file, RequestFolder.AnswerSuffix));

    /// <summary>False when the plugin has it already.</summary>
    private static bool TakeBack(string file)
    {
        var exists = File.Exists(file);
        File.Delete(file);
        return exists;
    }

    private static OperatorAnswer? TryRead(string file)
    {
        var path = Path.ChangeExtension(file, RequestFolder.AnswerSuffix);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var answer = RequestJson.ReadAnswer(PlainFile.Read(path, MostBytes, LinkRule.Refuse));
            File.Delete(path);
            return answer;
        }
        catch (JsonException exception)
        {
            return OperatorAnswer.Refusal($"the plugin's answer is not understood: {exception.Message}");
        }
    }
}
