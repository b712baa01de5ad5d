using System.Text;
using DevicePlugin.GoPlugin.Protocol;
using Google.Protobuf;

namespace DevicePlugin.GoPlugin.Stdio;

/// <summary>Stands in for <see cref="Console.Out"/> or <see cref="Console.Error"/>.</summary>
internal sealed class StdioWriter(StdioBuffer buffer, StdioData.Types.Channel channel) : TextWriter
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public override Encoding Encoding => Utf8;

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine(string? value) => Write($"{value}{CoreNewLine.AsSpan()}".AsSpan());

    public override void Write(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Utf8.GetByteCount(text)];
        Utf8.GetBytes(text, bytes);
        for (var start = 0; start < bytes.Length; start += StdioBuffer.LongestChunk)
        {
            var length = Math.Min(StdioBuffer.LongestChunk, bytes.Length - start);
            buffer.Add(new StdioData { Channel = channel, Data = ByteString.CopyFrom(bytes, start, length) });
        }
    }
}
