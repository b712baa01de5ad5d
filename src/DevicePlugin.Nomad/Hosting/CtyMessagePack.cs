using System.Buffers;
using MessagePack;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>Writes values as cty's msgpack package does.</summary>
internal static class CtyMessagePack
{
    public static void Write(IBufferWriter<byte> buffer, CtyValue value)
    {
        var writer = new MessagePackWriter(buffer);
        Write(ref writer, value);
        writer.Flush();
    }

    private static void Write(ref MessagePackWriter writer, CtyValue value)
    {
        switch (value)
        {
            case CtyValue.Boolean boolean:
                writer.Write(boolean.Value);
                break;
            case CtyValue.Number number:
                WriteNumber(ref writer, number.Value);
                break;
            case CtyValue.Text text:
                writer.Write(text.Value);
                break;
            case CtyValue.Sequence sequence:
                WriteSequence(ref writer, sequence);
                break;
            case CtyValue.Mapping mapping:
                WriteMapping(ref writer, mapping);
                break;
            default:
                writer.WriteNil();
                break;
        }
    }

    // An integer where it is one, a double where that loses nothing, and else its decimal digits (cty msgpack/marshal.go).
    private static void WriteNumber(ref MessagePackWriter writer, CtyNumber number)
    {
        if (number.TryGetInt64(out var whole))
        {
            writer.Write(whole);
        }
        else if (number.TryGetExactDouble(out var binary))
        {
            writer.Write(binary);
        }
        else
        {
            writer.Write(number.ToString());
        }
    }

    private static void WriteSequence(ref MessagePackWriter writer, CtyValue.Sequence sequence)
    {
        writer.WriteArrayHeader(sequence.Items.Count);
        foreach (var item in sequence.Items)
        {
            Write(ref writer, item);
        }
    }

    private static void WriteMapping(ref MessagePackWriter writer, CtyValue.Mapping mapping)
    {
        writer.WriteMapHeader(mapping.Items.Count);
        foreach (var (key, item) in mapping.Items)
        {
            writer.Write(key);
            Write(ref writer, item);
        }
    }
}
