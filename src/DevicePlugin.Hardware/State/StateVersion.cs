using System.Text.Json;

namespace DevicePlugin.Hardware.State;

/// <summary>The number of a state file's format, which goes up only when an older plugin would misread a newer file.</summary>
internal static class StateVersion
{
    public const string Member = "version";

    /// <exception cref="NewerStateException">A later version of the plugin wrote it.</exception>
    /// <exception cref="JsonException">It is another one.</exception>
    public static void Check(JsonElement root, int known)
    {
        var version = root.GetProperty(Member).GetInt32();
        if (version > known)
        {
            throw new NewerStateException(version, known);
        }

        if (version != known)
        {
            throw new JsonException($"it has version {version}, but this plugin knows version {known}");
        }
    }
}

/// <summary>A file that is not broken, but of a later version of the plugin: worth keeping for when that is back.</summary>
internal sealed class NewerStateException(int version, int known) : JsonException(
    $"a newer version of the plugin wrote it: it has version {version}, but this plugin knows version {known}");
