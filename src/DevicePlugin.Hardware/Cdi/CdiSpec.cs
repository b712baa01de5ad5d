using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DevicePlugin.Gpu;
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
    /// <summary>Tells this plugin's file from anybody else's of the same name.</summary>
    public const string OwnerKey = "managed-by";

    public const string Owner = "nomad-device-gpu";

    // The first with annotations.
    private const string Version = "0.6.0";

    private readonly NodeFiles _files;
    private readonly Utf8JsonWriter _writer;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private CdiSpec(NodeFiles files, Utf8JsonWriter writer)
    {
        _files = files;
        _writer = writer;
    }

    /// <param name="inventory">What is offered.</param>
    /// <param name="files">Of the node.</param>
    /// <param name="hookProgram">Path of NVIDIA's hook program; null where there is none.</param>
    /// <returns>Null when no device can be handed out this way.</returns>
    public static CdiSpecText? Write(Inventory inventory, NodeFiles files, string? hookProgram)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true });

        // What a simulated GPU lacks keeps it out of nothing.
        var spec = new CdiSpec(inventory.IsSimulated ? files.WithoutProblems() : files, writer);
        spec.WriteAll(inventory, hookProgram);
        writer.Flush();
        return spec._names.Count > 0
            ? new CdiSpecText(buffer.WrittenSpan.ToArray(), spec._names.ToImmutableHashSet(StringComparer.Ordinal))
            : null;
    }

    private void WriteAll(Inventory inventory, string? hookProgram)
    {
        _writer.WriteStartObject();
        _writer.WriteString("cdiVersion", Version);
        _writer.WriteString("kind", CdiNames.Kind);
        _writer.WriteStartObject("annotations");
        _writer.WriteString(OwnerKey, Owner);
        _writer.WriteEndObject();
        _writer.WriteStartArray("devices");
        foreach (var device in inventory.Devices)
        {
            WriteDevice(device.Gpu);
        }

        _writer.WriteEndArray();
        WriteSharedEdits(hookProgram);
        _writer.WriteEndObject();
    }

    private void WriteDevice(GpuDevice gpu)
    {
        // A device that lacks a node would start a task that cannot use it; without an entry the runtime says so.
        if (_files.Find(gpu.Uuid) is not { Nodes.IsEmpty: false } files
            || CdiNames.FindSpecObstacle(gpu, _files) is not null)
        {
            return;
        }

        if (DeviceUuid.IsPathComponent(gpu.Uuid))
        {
            WriteDevice(gpu.Uuid, files);
        }

        if (gpu.Mig is null)
        {
            WriteDevice(gpu.Index.ToString(CultureInfo.InvariantCulture), files);
        }
        else if (gpu.Mig.Slot is { } slot)
        {
            WriteDevice(string.Create(CultureInfo.InvariantCulture, $"{gpu.Index}:{slot}"), files);
        }
    }

    // Replicas come with the same names, and a GPU that is gone may have had an index that another one has now.
    private void WriteDevice(string name, DeviceFiles files)
    {
        if (!_names.Add(name))
        {
            return;
        }

        _writer.WriteStartObject();
        _writer.WriteString("name", name);
        _writer.WriteStartObject("containerEdits");
        WriteNodes(files.Nodes.AsSpan());
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

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

        var libraries = _files.Driver?.Mounts ?? [];
        if (!libraries.IsEmpty || !_files.ExtraMounts.IsEmpty)
        {
            _writer.WriteStartArray("mounts");
            WriteMounts(libraries.AsSpan());
            WriteMounts(_files.ExtraMounts.AsSpan());
            _writer.WriteEndArray();
        }

        if (!libraries.IsEmpty && hookProgram is not null)
        {
            WriteLoaderHook(hookProgram);
        }

        _writer.WriteEndObject();
    }

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

    private void WriteLoaderHook(string program)
    {
        _writer.WriteStartArray("hooks");
        _writer.WriteStartObject();
        _writer.WriteString("hookName", "createContainer");
        _writer.WriteString("path", program);
        _writer.WriteStartArray("args");
        foreach (var argument in (ReadOnlySpan<string>)
            [Path.GetFileName(program), "update-ldcache", "--folder", "/usr/local/nvidia/lib64"])
        {
            _writer.WriteStringValue(argument);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.WriteEndArray();
    }
}
