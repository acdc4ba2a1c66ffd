import NotFound from "../features/join/not-found";
import * as strings from "../strings";

export default function NotFoundPage() {
  return <NotFound body={strings.notFound.page} />;
}
