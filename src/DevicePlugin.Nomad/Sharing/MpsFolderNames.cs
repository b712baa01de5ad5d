using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Nomad.Sharing;

/// <summary>The folders of the MPS daemons that a configuration asks for, a pair for each of its sharing blocks.</summary>
public static class MpsFolderNames
{
    /// <summary>
    /// Under <c>run_dir</c> by the number of the block. A folder that is configured is used as it is where there is one
    /// such block, and gets a folder for each where there are several.
    /// </summary>
    public static ImmutableArray<MpsFolders> Of(PluginConfig config)
    {
        var blocks = config.Sharing.Count(block => block.Strategy == SharingStrategy.Mps);
        var folders = ImmutableArray.CreateBuilder<MpsFolders>(blocks);
        for (var index = 0; index < config.Sharing.Count; index++)
        {
            if (config.Sharing[index].Strategy == SharingStrategy.Mps)
            {
                var number = index.ToString(CultureInfo.InvariantCulture);
                var own = Path.Combine(config.OwnRunDir, "mps", number);
                folders.Add(new MpsFolders(
                    index,
                    Folder(config.Mps.PipeDirectory, number, blocks) ?? Path.Combine(own, "pipe"),
                    Folder(config.Mps.LogDirectory, number, blocks) ?? Path.Combine(own, "log")));
            }
        }

        return folders.ToImmutable();
    }

    private static string? Folder(string? configured, string number, int blocks) =>
        configured is null || blocks == 1 ? configured : Path.Combine(configured, number);
}
