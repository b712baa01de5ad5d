using System.Text.Json;
using DevicePlugin.Hardware.Files;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// A file that keeps something over restarts. The plugin works without it, so a file that cannot be used is only a warning.
/// </summary>
/// <param name="path">Its folder is made when something is to be kept.</param>
/// <param name="content">What is lost with it, in the plural.</param>
/// <param name="logger">Hears of a file that cannot be used.</param>
internal sealed class StateFile(string path, string content, ILogger logger)
{
    // An operator may look into it: what is moved aside is kept once.
    private const string AsideSuffix = ".unusable";
    private const string NewerSuffix = ".newer";

    // Far beyond what the most causes of the most GPUs take.
    private const int MostBytes = 4 * 1024 * 1024;

    private bool _isFailing;

    /// <summary>Whether the last save was kept.</summary>
    public bool IsKept => !_isFailing;

    /// <summary>Null when there is none or it cannot be used.</summary>
    /// <param name="parse">Throws a <see cref="JsonException"/> for what it does not know.</param>
    public T? Load<T>(Func<ReadOnlyMemory<byte>, T> parse)
        where T : class
    {
        try
        {
            return ParseOrMoveAside(parse);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.StateNotRead(path, exception.Message, content);
            return null;
        }
    }

    /// <summary>The same for whoever only looks: a file that cannot be used stays where it is.</summary>
    public T? Peek<T>(Func<ReadOnlyMemory<byte>, T> parse, out string? problem)
        where T : class
    {
        problem = null;
        try
        {
            return parse(PlainFile.Read(path, MostBytes));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            problem = $"\"{path}\" cannot be used: {exception.Message.TrimEnd('.')}";
            logger.StateNotRead(path, exception.Message, content);
            return null;
        }
    }

    /// <summary>False if it could not be written.</summary>
    /// <param name="isEmpty">No file is needed to remember nothing.</param>
    /// <param name="text">Replaces what the file has.</param>
    /// <param name="mayReplace">Asked last; null: it may.</param>
    public bool Save(bool isEmpty, byte[] text, Func<bool>? mayReplace = null)
    {
        try
        {
            if (!isEmpty || File.Exists(path))
            {
                AtomicFile.Write(path, text, mayReplace: mayReplace);
            }

            if (_isFailing)
            {
                logger.StateWrittenAgain(path);
            }

            _isFailing = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                logger.StateNotWritten(path, exception.Message, content);
            }

            _isFailing = true;
        }

        return IsKept;
    }

    private T? ParseOrMoveAside<T>(Func<ReadOnlyMemory<byte>, T> parse)
        where T : class
    {
        try
        {
            var text = PlainFile.ReadStart(path, MostBytes, out var isWhole);
            return isWhole
                ? parse(text)
                : throw new JsonException($"it has more than {MostBytes} bytes");
        }
        catch (JsonException exception)
        {
            var aside = path + (exception is NewerStateException ? NewerSuffix : AsideSuffix);
            logger.StateMovedAside(path, exception.Message, aside, content);
            File.Move(path, aside, overwrite: true);
            return null;
        }
    }
}
