using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The daemons that this plugin started, in a JSON file under <c>run_dir</c>.</summary>
internal sealed class MpsFile(string stateDirectory, string? bootId, ILogger logger)
{
    private readonly StateFile _file = new(PathIn(stateDirectory), "the MPS daemons and former compute modes", logger);
    private MpsRecord[]? _records;

    public static string PathIn(string stateDirectory) => Path.Combine(stateDirectory, "mps.json");

    public bool IsKept => _file.IsKept;

    /// <summary>Empty when there is no file, when it cannot be used or is of another boot: process ids repeat.</summary>
    public MpsRecord[] Records => _records ??= _file.Load(text => MpsJson.Read(text, bootId)) ?? [];

    public MpsRecord? Find(int block) => Array.Find(Records, record => record.Block == block);

    /// <summary>Puts it in the place of the one of the same block.</summary>
    public void Put(MpsRecord record) => Save([.. Without(record.Block), record]);

    public void Remove(int block) => Save([.. Without(block)]);

    /// <summary>Writes what could not be written before.</summary>
    public void SaveAgain()
    {
        if (!_file.IsKept)
        {
            Save(Records);
        }
    }

    private IEnumerable<MpsRecord> Without(int block) => Records.Where(record => record.Block != block);

    private void Save(MpsRecord[] records)
    {
        _records = records;
        _file.Save(records.Length == 0, MpsJson.Write(records, bootId));
    }
}
