using System.Collections.Immutable;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>What must be known of a daemon to take it up after a restart, and to put everything back.</summary>
/// <param name="Block">Number of its sharing block.</param>
/// <param name="Process">Null from before its start until it answered, and after its death.</param>
/// <param name="PipeDirectory">Where clients find it.</param>
/// <param name="LogDirectory">Where it writes its logs.</param>
/// <param name="Gpus">Those it was started for, in the order in which it counts them.</param>
internal sealed record MpsRecord(
    int Block, ProcessIdentity? Process, string PipeDirectory, string LogDirectory, ImmutableArray<MpsRecordedGpu> Gpus)
{
    public bool Covers(string uuid) => IndexOf(uuid) >= 0;

    public int IndexOf(string uuid)
    {
        for (var index = 0; index < Gpus.Length; index++)
        {
            if (Gpus[index].Uuid == uuid)
            {
                return index;
            }
        }

        return -1;
    }
}
