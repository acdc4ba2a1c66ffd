import { spokenAddress } from "../lib/format";

/** An address to be read off a wall: it breaks between its host and its path, if it has to. */
export function Address({ url }: { url: string }) {
  const [host, ...path] = spokenAddress(url).split("/");
  return (
    <bdi dir="ltr">
      <span className="address-part">{host}</span>
      <wbr />
      <span className="address-part">/{path.join("/")}</span>
    </bdi>
  );
}
