import NotFound from "../components/not-found";
import { strings } from "../strings";

export default function NotFoundPage() {
  return <NotFound body={strings.notFound.page} />;
}
