using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>A spec as it is written, and the names of the devices in it.</summary>
internal sealed record CdiSpecText(byte[] Bytes, ImmutableHashSet<string> Names);

/// <summary>
/// The offered devices as a spec of the Container Device Interface. A runtime refuses a spec with a name it finds twice, an
/// empty list or a device without edits (container-device-interface pkg/cdi/spec.go), so these never come about.
/// </summary>
internal sealed class CdiSpec
{
    private readonly string _kind;
    private readonly NodeFiles _files;
    private readonly Utf8JsonWriter _writer;

    private CdiSpec(string kind, NodeFiles files, Utf8JsonWriter writer)
    {
        _kind = kind;
        _files = files;
        _writer = writer;
    }

    /// <param name="kind">Vendor and class of the devices.</param>
    /// <param name="inventory">What is offered.</param>
    /// <param name="files">Of the node.</param>
    /// <param name="hookProgram">Path of NVIDIA's hook program; null where there is none.</param>
    /// <returns>Null when no device can be handed out this way.</returns>
    public static CdiSpecText? Write(string kind, Inventory inventory, NodeFiles files, string? hookProgram)
    {
        // A simulated GPU is never kept out for files that it lacks.
        var judged = inventory.IsSimulated ? files.WithoutProblems() : files;
        var devices = CdiSpecDevices.Of(inventory, judged);
        if (devices.Count == 0)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true });
        new CdiSpec(kind, judged, writer).WriteAll(devices, hookProgram);
        writer.Flush();
        return new CdiSpecText(
            buffer.WrittenSpan.ToArray(), devices.Select(device => device.Name).ToImmutableHashSet(StringComparer.Ordinal));
    }

    private void WriteAll(IReadOnlyList<CdiSpecDevice> devices, string? hookProgram)
    {
        _writer.WriteStartObject();
        _writer.WriteString("cdiVersion", FindVersion(devices));
        _writer.WriteString("kind", _kind);
        _writer.WriteStartArray("devices");
        foreach (var device in devices)
        {
            _writer.WriteStartObject();
            _writer.WriteString("name", device.Name);
            _writer.WriteStartObject("containerEdits");
            WriteNodes(device.Nodes.AsSpan());
            _writer.WriteEndObject();
            _writer.WriteEndObject();
        }

        _writer.WriteEndArray();
        WriteSharedEdits(hookProgram);
        _writer.WriteEndObject();
    }

    // A runtime skips a spec of a version that it does not know, so none is higher than need be: 0.5.0 brought names that begin
    // with a digit and the host's path of a node (container-device-interface specs-go/version.go). The 0.6.0 of annotations
    // is more than Podman 4.3 knows.
    private string FindVersion(IReadOnlyList<CdiSpecDevice> devices) =>
        devices.Any(device => char.IsAsciiDigit(device.Name[0])) || _files.HostPathOf("nvidia0") != "/dev/nvidia0"
            ? "0.5.0"
            : "0.3.0";

    private void WriteSharedEdits(string? hookProgram)
    {
        _writer.WriteStartObject("containerEdits");

        // Keeps NVIDIA's own runtime from adding the devices once more, whatever the image says.
        _writer.WriteStartArray("env");
        _writer.WriteStringValue("NVIDIA_VISIBLE_DEVICES=void");
        _writer.WriteEndArray();
        if (!_files.SharedNodes.IsEmpty)
        {
            WriteNodes(_files.SharedNodes.AsSpan());
        }

        var libraries = FindLibraryMounts(canLink: hookProgram is not null);
        if (!libraries.IsEmpty || !_files.ExtraMounts.IsEmpty)
        {
            _writer.WriteStartArray("mounts");
            WriteMounts(libraries.AsSpan());
            WriteMounts(_files.ExtraMounts.AsSpan());
            _writer.WriteEndArray();
        }

        if (!libraries.IsEmpty && hookProgram is not null)
        {
            WriteHooks(hookProgram, _files.Driver!.Links);
        }

        _writer.WriteEndObject();
    }

    // Links are better than mounts of the same file: ldconfig caches a name that ends in ".so" only if it is a link.
    private ImmutableArray<ReservedMount> FindLibraryMounts(bool canLink) =>
        _files.Driver is not { } driver ? []
        : canLink ? [.. driver.Mounts.Where(mount => !driver.IsLink(mount))]
        : driver.Mounts;

    private void WriteNodes(ReadOnlySpan<string> names)
    {
        _writer.WriteStartArray("deviceNodes");
        foreach (var name in names)
        {
            var path = $"/dev/{name}";
            var hostPath = _files.HostPathOf(name);
            _writer.WriteStartObject();
            _writer.WriteString("path", path);
            if (hostPath != path)
            {
                _writer.WriteString("hostPath", hostPath);
            }

            _writer.WriteString("permissions", "rw");
            _writer.WriteEndObject();
        }

        _writer.WriteEndArray();
    }

    private void WriteMounts(ReadOnlySpan<ReservedMount> mounts)
    {
        foreach (var mount in mounts)
        {
            _writer.WriteStartObject();
            _writer.WriteString("hostPath", mount.HostPath);
            _writer.WriteString("containerPath", mount.TaskPath);
            _writer.WriteStartArray("options");
            foreach (var option in (ReadOnlySpan<string>)["ro", "nosuid", "nodev", "rbind", "rprivate"])
            {
                _writer.WriteStringValue(option);
            }

            _writer.WriteEndArray();
            _writer.WriteEndObject();
        }
    }

    private void WriteHooks(string program, ImmutableArray<FileLink> links)
    {
        _writer.WriteStartArray("hooks");
        if (!links.IsEmpty)
        {
            WriteHook(program, ["create-symlinks", .. links.SelectMany(LinkArguments)]);
        }

        WriteHook(program, ["update-ldcache", "--folder", "/usr/local/nvidia/lib64"]);
        _writer.WriteEndArray();
    }

    private static string[] LinkArguments(FileLink link) => ["--link", $"{link.Target}::{link.TaskPath}"];

    private void WriteHook(string program, IEnumerable<string> arguments)
    {
        _writer.WriteStartObject();
        _writer.WriteString("hookName", "createContainer");
        _writer.WriteString("path", program);
        _writer.WriteStartArray("args");
        foreach (var argument in arguments.Prepend(Path.GetFileName(program)))
        {
            _writer.WriteStringValue(argument);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }
}
