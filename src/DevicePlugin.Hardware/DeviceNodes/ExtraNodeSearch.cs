using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>Finds what <c>extra_nodes</c> adds; the names are those that NVIDIA's own tools look for.</summary>
internal sealed class ExtraNodeSearch(NodeFileOptions options)
{
    private const string InfinibandFolder = "infiniband";
    private const string ChannelFolder = "nvidia-caps-imex-channels";

    public void AddNodes(ImmutableArray<string>.Builder nodes)
    {
        if (options.StorageNodes)
        {
            Add("", "nvidia-fs", nodes);
        }

        if (options.RdmaNodes)
        {
            Add(InfinibandFolder, "uverbs", nodes);
            Add(InfinibandFolder, "rdma_cm", nodes);
        }

        if (options.CopyNode)
        {
            Add("", "gdrdrv", nodes);
        }

        if (options.SwitchNodes)
        {
            Add("", "nvidia-nvswitch", nodes);
        }

        foreach (var channel in options.ImexChannels)
        {
            if (FileStatus.IsThere(Path.Combine(options.DevRoot, NameOf(channel))))
            {
                nodes.Add(NameOf(channel));
            }
        }
    }

    /// <summary>Why a channel that is asked for cannot be given; null when all can.</summary>
    public string? FindProblem()
    {
        // CUDA's calls for exported memory fail without it, long after the task was started.
        foreach (var channel in options.ImexChannels)
        {
            var path = Path.Combine(options.DevRoot, NameOf(channel));
            if (!FileStatus.IsThere(path))
            {
                return $"the node \"{path}\" of reserve.imex_channels does not exist; create it with mknod, its major number being "
                    + "that of nvidia-caps-imex-channels in /proc/devices";
            }
        }

        return null;
    }

    public ImmutableArray<ReservedMount> FindMounts()
    {
        var mounts = ImmutableArray.CreateBuilder<ReservedMount>();
        if (options.StorageNodes)
        {
            // cuFile reads its settings, and from udev which disks it can use.
            AddMount("/run/udev", FileStatus.IsThere, mounts);
            AddMount("/etc/cufile.json", FileStatus.IsThere, mounts);
        }

        if (options.PersistenceSocket)
        {
            AddMount("/run/nvidia-persistenced/socket", IsSocket, mounts);
        }

        if (options.FabricManagerSocket)
        {
            AddMount("/run/nvidia-fabricmanager/socket", IsSocket, mounts);
        }

        return mounts.ToImmutable();
    }

    // Clients can connect to a socket through a read-only mount.
    private void AddMount(string path, Predicate<string> isThere, ImmutableArray<ReservedMount>.Builder mounts)
    {
        var hostPath = options.DriverRoot.TrimEnd('/') + path;
        if (isThere(hostPath))
        {
            mounts.Add(new ReservedMount(hostPath, path, IsReadOnly: true));
        }
    }

    private static bool IsSocket(string path) => FileStatus.Read(path) is { IsSocket: true };

    private static string NameOf(int channel) =>
        string.Create(CultureInfo.InvariantCulture, $"{ChannelFolder}/channel{channel}");

    // In the order of their names, for replies that do not change by themselves.
    private void Add(string folder, string prefix, ImmutableArray<string>.Builder nodes)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(Path.Combine(options.DevRoot, folder), prefix + "*");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return;
        }

        Array.Sort(files, StringComparer.Ordinal);
        foreach (var file in files.Where(FileStatus.IsThere))
        {
            nodes.Add(Path.Combine(folder, Path.GetFileName(file)));
        }
    }
}
