using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Metrics.Allocations;

/// <summary>The ACL token in a file, which whoever rotates tokens may replace at any time.</summary>
internal sealed class NomadToken(string? path)
{
    private const int MostBytes = 4096;

    private (DateTime Written, long Length) _version;
    private string? _token;

    /// <summary>Null where no file is configured.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds no token.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not this user's to read.</exception>
    public string? Read()
    {
        if (path is null)
        {
            return null;
        }

        var file = new FileInfo(path);
        var version = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
        if (_token is null || version != _version)
        {
            _token = PlainFile.ReadText(path, MostBytes).Trim();
            _version = version;
        }

        return _token.Length > 0 && _token.All(character => character is > ' ' and < '\x7f')
            ? _token
            : throw new IOException($"\"{path}\" does not hold a token");
    }
}
