using System.Text.Json;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>What has to outlive the process: tasks keep the names they were given, and a spec lies where it was written.</summary>
/// <param name="Kind">Of the plugin's spec.</param>
/// <param name="Folder">Of its file.</param>
internal sealed record CdiChoice(string Kind, string Folder);

/// <summary>The choice in a JSON file under <c>state_dir</c>.</summary>
internal sealed class CdiChoiceFile(string path, ILogger logger)
{
    private const int Version = 1;

    private readonly StateFile _file = new(path, "the kind and the folder of the CDI spec", logger);

    public string Path => path;

    /// <summary>Whether the last save was kept.</summary>
    public bool IsKept => _file.IsKept;

    /// <summary>Null when there is none or it cannot be used.</summary>
    public CdiChoice? Load() => _file.Load(Read);

    public void Save(CdiChoice choice) => _file.Save(isEmpty: false, Write(choice));

    private static CdiChoice Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;

            // The first ones had none.
            if (JsonMember.Find(root, StateVersion.Member) is not null)
            {
                StateVersion.Check(root, Version);
            }

            return JsonMember.Find(root, "kind")?.GetString() is { } kind && kind is (CdiNames.Kind or CdiNames.OwnKind)
                && JsonMember.Find(root, "folder")?.GetString() is { } folder && folder.StartsWith('/')
                ? new CdiChoice(kind, folder)
                : throw new JsonException("it has no kind of the plugin's and no folder");
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            // No object, no text, or text that is not Unicode.
            throw new JsonException($"it is not in this plugin's format: {exception.Message}", exception);
        }
    }

    private static byte[] Write(CdiChoice choice)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber(StateVersion.Member, Version);
            writer.WriteString("kind", choice.Kind);
            writer.WriteString("folder", choice.Folder);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
