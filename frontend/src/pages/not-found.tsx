import NotFound from "../components/not-found";
import * as strings from "../strings";

export default function NotFoundPage() {
  return <NotFound body={strings.notFound.page} />;
}
